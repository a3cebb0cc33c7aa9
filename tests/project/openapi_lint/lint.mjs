// Lints the OpenAPI description that is given: prints each problem, exits 1 if there are any. Run where its packages are installed.
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const { createConfig, lintFromString } = createRequire(path.join(process.cwd(), "package.json"))("@redocly/openapi-core");

// What is more than taste in the recommended rules, all as errors. Left out: servers on loopback are what we serve on, the
// licence has an identifier, and a call that anybody may make and that can't be refused has no 4xx answer.
const config = await createConfig({
  extends: ["recommended"],
  rules: {
    "no-server-example.com": "off",
    "info-license-url": "off",
    "operation-4xx-response": "off",
    "no-unused-components": "error",
    "no-ambiguous-paths": "error",
    "no-invalid-media-type-examples": { severity: "error", allowAdditionalProperties: true },
    "no-invalid-schema-examples": "error",
    "operation-operationId": "error",
    "operation-summary": "error",
    "tag-description": "error",
    "path-parameters-defined": "error",
    "security-defined": "error",
  },
});

const file = process.argv[2];
const found = await lintFromString({ source: fs.readFileSync(file, "utf8"), absoluteRef: path.resolve(file), config });
for (const each of found) {
  console.log(`${file}: ${each.location?.[0]?.pointer ?? "#"}: ${each.message} (${each.ruleId})`);
}
console.log(`${found.length} problems`);
process.exit(found.length > 0 ? 1 : 0);
