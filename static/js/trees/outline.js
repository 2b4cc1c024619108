// Folders out of pasted text: lines that are indented (blanks, tabs, bullets, the lines of a drawn tree), or paths.
const DRAWN = /^[\s│┃|├└─━┬┼╰╭`+\\-]*(?=\S)/u;
const BULLET = /^(?:[-*•–—·‣▪]|\d+[.)])\s+/u;

// [{ name, level: "", children }], folders of one name side by side made one; at most `most` of them.
export function outline(text, most = 2000) {
  const lines = text.split(/\r?\n/).filter((line) => line.trim());
  const paths = lines.filter((line) => /[^\s/\\]\s*[/\\]+\s*[^\s/\\]/.test(line)).length > lines.length / 3;
  const root = [];
  const room = { left: most };
  if (paths) for (const line of lines) along(root, line, room);
  else indented(root, lines, room);
  return root;
}

function along(root, line, room) {
  let list = root;
  for (const part of line.trim().replace(BULLET, "").split(/[/\\]+/)) {
    const name = part.trim();
    if (!name || name === "." || /^[a-z]:$/i.test(name)) continue;
    const found = take(list, name, room);
    if (!found) return;
    list = found.children;
  }
}

function indented(root, lines, room) {
  const above = [];
  for (const line of lines) {
    const lead = (line.match(DRAWN)?.[0] ?? "").replaceAll("\t", "    ");
    const name = line.replace(DRAWN, "").replace(BULLET, "").replace(/[/\\]+$/, "").trim();
    if (!name) continue;
    while (above.length && above.at(-1).depth >= lead.length) above.pop();
    const found = take(above.at(-1)?.node.children ?? root, name, room);
    if (!found) return;
    above.push({ depth: lead.length, node: found });
  }
}

function take(list, name, room) {
  const key = keyOf(name);
  let found = list.find((node) => keyOf(node.name) === key);
  if (!found && room.left-- > 0) list.push((found = { name, level: "", children: [] }));
  return found;
}

export const keyOf = (name) => name.normalize("NFC").toLowerCase().trim();
