/** Language servers: programs that say what is wrong with a file after an edit. */

/** As the settings have it. */
export interface LanguageServer {
  name: string;
  /** Found on the search path, or absolute. */
  command: string;
  args: string[];
  /** The names of files that it is for, such as `*.ts`. */
  files: string[];
  /** What the protocol calls their language, such as `typescript`. */
  languageId: string;
  /** So long an edit waits for what it says. */
  waitSeconds: number;
  isOn: boolean;
}
