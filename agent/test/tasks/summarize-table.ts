import type { Task } from "../task-runner/task";
import { text, toolCall } from "../upstream/upstream";

/** One name has a comma in quotation marks. */
const sales = `date,region,product,amount
2026-01-03,North,"Lamp, small",12.50
2026-01-04,South,Chair,80.00
2026-01-09,North,Chair,80.00
2026-02-01,West,"Lamp, small",12.50
2026-02-02,South,Desk,210.25
`;

export const summarizeTable: Task = {
  name: "summarize-table",
  message:
    'Sum up the amounts in sales.csv by region, and write them into totals.json as one object, such as {"East": 1.5}, with the regions in alphabetical order.',
  files: { "sales.csv": sales },
  check: async (directory) => {
    const found = directory.read("totals.json");
    if (found === undefined) return "There is no totals.json.";
    try {
      const totals = JSON.stringify(JSON.parse(found));
      const expected = JSON.stringify({ North: 92.5, South: 290.25, West: 12.5 });
      return totals === expected ? undefined : `The totals are ${totals.slice(0, 200)}.`;
    } catch {
      return "totals.json is not JSON.";
    }
  },
  script: [
    [toolCall("read", { path: "sales.csv" })],
    [
      toolCall("write", {
        path: "totals.json",
        content: `{ "North": 92.5, "South": 290.25, "West": 12.5 }\n`,
      }),
    ],
    [text("South leads with 290.25.")],
  ],
};
