import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

test("the types are those of docs/openapi.yaml; `npm run types` makes them anew", () => {
  const folder = fileURLToPath(new URL("../../", import.meta.url));
  const checked = spawnSync("npm", ["run", "--silent", "types-are-current"], { cwd: folder, encoding: "utf8" });
  assert.equal(checked.status, 0, checked.stdout + checked.stderr);
});
