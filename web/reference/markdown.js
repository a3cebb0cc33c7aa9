/** Text as it stands in HTML. */
function escapeHtml(text) {
  return String(text).replace(/[&<>"']/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[c]);
}

/** Code, bold, emphasis and links of one piece of text. */
function inlineMarkdown(text) {
  return text
    .split(/(`[^`]+`)/)
    .map((part) => {
      if (part.length > 2 && part.startsWith("`")) return `<code>${escapeHtml(part.slice(1, -1))}</code>`;
      return escapeHtml(part)
        .replace(/\*\*(.+?)\*\*/g, "<strong>$1</strong>")
        .replace(/\[([^\]]+)\]\(((?:https?:\/\/|#|\/)[^)\s]*)\)/g, '<a href="$2">$1</a>');
    })
    .join("");
}

/** Paragraphs, lists, tables and fenced code: the Markdown that our descriptions are written in. */
function markdown(text) {
  return String(text ?? "")
    .trim()
    .split(/\n\s*\n/)
    .filter((part) => part !== "")
    .map((part) => {
      const lines = part.split("\n");
      if (lines[0].startsWith("```")) return `<pre>${escapeHtml(lines.slice(1).filter((line) => !line.startsWith("```")).join("\n"))}</pre>`;
      if (lines.length > 1 && /^\|[\s|:-]+\|$/.test(lines[1].trim())) return markdownTable(lines);
      if (lines.every((line) => /^(- |\s+\S)/.test(line)))
        return `<ul>${lines.join("\n").split(/^- /m).slice(1).map((item) => `<li>${inlineMarkdown(item.trim())}</li>`).join("")}</ul>`;
      return `<p>${inlineMarkdown(lines.join(" "))}</p>`;
    })
    .join("");
}

function markdownTable(lines) {
  const cells = (line) => line.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/).map((cell) => inlineMarkdown(cell.trim().replaceAll("\\|", "|")));
  const row = (line, tag) => `<tr>${cells(line).map((cell) => `<${tag}>${cell}</${tag}>`).join("")}</tr>`;
  return `<table>${row(lines[0], "th")}${lines.slice(2).map((line) => row(line, "td")).join("")}</table>`;
}

