// What was dropped or chosen, as [{ file, path }]: path holds the names of the folders above the file, from the top down.
export async function droppedFiles(transfer) {
  // The entries must be taken before the first await: the browser empties the list when the event is over.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files].map((file) => ({ file, path: [] }));
  const found = [];
  for (const entry of entries) await collect(entry, [], found);
  return found;
}

async function collect(entry, path, found) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject)).catch(() => undefined);
    if (file) found.push({ file, path });
    return;
  }
  const inside = [...path, entry.name];
  const reader = entry.createReader();
  for (;;) {
    // Browsers give at most 100 entries at a time, and none at the end.
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)).catch(() => []);
    if (!some.length) break;
    for (const child of some) await collect(child, inside, found);
  }
}

export function chosenFiles(input) {
  return [...input.files].map((file) => ({ file, path: file.webkitRelativePath.split("/").slice(0, -1) }));
}
