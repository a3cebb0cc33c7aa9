// Runs web/reference/ as the page does, without a browser. Standard input: a JSON list of texts of YAML. Prints for each
// {value, contents, page}, or {wrong}.
import fs from "node:fs";
import vm from "node:vm";

const folder = new URL("../../web/reference/", import.meta.url);
const code = ["yaml", "markdown", "reference"].map((name) => fs.readFileSync(new URL(`${name}.js`, folder), "utf8")).join("");

function shown(text) {
  const page = vm.createContext({ text });
  vm.runInContext(code, page);
  try {
    const value = JSON.parse(vm.runInContext("JSON.stringify(parseYaml(text))", page));
    if (!value?.paths) return { value };
    return { value, ...vm.runInContext("renderReference(parseYaml(text), 'http://127.0.0.1:8080')", page) };
  } catch (why) {
    return { wrong: why.message };
  }
}

console.log(JSON.stringify(JSON.parse(fs.readFileSync(0, "utf8")).map(shown)));
