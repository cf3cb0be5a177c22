import { firstFault } from "../task-runner/task-directory";
import type { Task } from "../task-runner/task";
import { text, toolCall } from "../upstream/upstream";

const orders = `[{"id":1,"lines":[{"price":10},{"price":5}]},{"id":2},{"id":3,"lines":[]}]\n`;

export const fixCrash: Task = {
  name: "fix-crash",
  message:
    "`bun total.ts` crashes. An order without lines is allowed, and costs 0. Fix total.ts; orders.json stays as it is.",
  files: {
    "orders.json": orders,
    "total.ts": `const orders = await Bun.file("orders.json").json();
for (const order of orders) {
  const total = order.lines.reduce((sum, line) => sum + line.price, 0);
  console.log(\`\${order.id}: \${total}\`);
}
`,
  },
  check: (directory) =>
    firstFault(
      () => directory.has("orders.json", orders),
      () => directory.succeeds(`test "$(bun total.ts)" = "$(printf '1: 15\\n2: 0\\n3: 0')"`),
    ),
  script: [
    [toolCall("bash", { command: "bun total.ts" }), toolCall("read", { path: "total.ts" })],
    [
      toolCall("edit", {
        path: "total.ts",
        oldText: "order.lines.reduce",
        newText: "(order.lines ?? []).reduce",
      }),
    ],
    [text("Order 2 has no lines; it counts as 0 now.")],
  ],
};
