// Runs web/reference/ as the page does, without a browser. Standard input: YAML. Prints {value, contents, page}, or {wrong}.
import fs from "node:fs";
import vm from "node:vm";

const folder = new URL("../../web/reference/", import.meta.url);
const code = ["yaml", "markdown", "reference"].map((name) => fs.readFileSync(new URL(`${name}.js`, folder), "utf8")).join("");
const page = vm.createContext({ text: fs.readFileSync(0, "utf8") });
vm.runInContext(code, page);
try {
  const value = JSON.parse(vm.runInContext("JSON.stringify(parseYaml(text))", page));
  const shown = value?.paths ? vm.runInContext("renderReference(parseYaml(text), 'http://127.0.0.1:8080')", page) : {};
  console.log(JSON.stringify({ value, contents: shown.contents, page: shown.page }));
} catch (why) {
  console.log(JSON.stringify({ wrong: why.message }));
}
