/** The code with which the server refuses a call of the SDK. */
import { ApiError } from "../sdk/create-rein";

/** "none" when it does not; throws what is no refusal. */
export async function refusal(asked: Promise<unknown>): Promise<string> {
  try {
    await asked;
    return "none";
  } catch (error) {
    if (error instanceof ApiError) return error.code;
    throw error;
  }
}
