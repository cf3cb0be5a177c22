/** Every intervention of the sweep. */
import { faceInterventions } from "./face-interventions";
import type { Intervention } from "./intervention";
import { messageInterventions } from "./message-interventions";
import { pauseInterventions } from "./pause-interventions";
import { stopInterventions } from "./stop-interventions";
import { uploadInterventions } from "./upload-interventions";

export const interventions: Intervention[] = [
  ...stopInterventions,
  ...pauseInterventions,
  ...messageInterventions,
  ...uploadInterventions,
  ...faceInterventions,
];
