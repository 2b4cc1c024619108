// What each key does in the matrix; see the treegrid pattern of the ARIA Authoring Practices.
const PAGE = 10;
const LEVELS = { n: "none", d: "deposit", r: "read", f: "full" };

// The first letter of a level in the reader's language, and those of English where they are free.
export function lettersOf(words) {
  const letters = { ...LEVELS };
  for (const [level, word] of Object.entries(words)) letters[word.trim()[0].toLocaleLowerCase()] = level;
  return letters;
}

// The stop to which an arrow leads, or undefined for another key.
export function targetOf(event, grid, stop) {
  const rows = grid.rows;
  const { row } = grid.placeOf(stop);
  const ends = (of) => [...of.cells].map((cell) => grid.stopOf(cell)).filter(Boolean);
  const far = event.ctrlKey || event.metaKey;
  const to = {
    ArrowDown: () => grid.step(stop, 1, 0),
    ArrowUp: () => grid.step(stop, -1, 0),
    ArrowRight: () => grid.step(stop, 0, 1),
    ArrowLeft: () => grid.step(stop, 0, -1),
    PageDown: () => grid.step(stop, PAGE, 0),
    PageUp: () => grid.step(stop, -PAGE, 0),
    Home: () => ends(far ? rows[1] : row)[0],
    End: () => ends(far ? rows.at(-1) : row).at(-1),
  }[event.key];
  return to?.();
}
