// What was chosen in the client table, noted for this tab: for each entry of the browser's history (as its place is, see
// keep-place), and for the next page where it only shows another order or filter of the table.
const CARRIED = "chosen:carried";
const MOST_KEPT = 50;

const keyOf = (place) => `chosen:${place}`;

export function keep(place, filters, selection) {
  if (!place) return;
  try {
    if (selection.isEmpty) return sessionStorage.removeItem(keyOf(place));
    sessionStorage.setItem(keyOf(place), JSON.stringify({ filters, ...selection.written }));
    const old = Object.keys(sessionStorage).filter((key) => key.startsWith("chosen:") && key !== keyOf(place));
    for (const key of old.slice(0, Math.max(0, old.length - MOST_KEPT))) sessionStorage.removeItem(key);
  } catch {
    // Without storage (a private window, a full one) a selection lives as long as its page.
  }
}

export function carry(filters, selection) {
  try {
    if (!selection.isEmpty) sessionStorage.setItem(CARRIED, JSON.stringify({ filters, ...selection.written }));
  } catch {
    // As above.
  }
}

// What was chosen here before, or was carried here; "all that match" holds for the same filters only.
export function kept(filters) {
  try {
    const carried = sessionStorage.getItem(CARRIED);
    sessionStorage.removeItem(CARRIED);
    const place = history.state?.place;
    const found = JSON.parse((place && sessionStorage.getItem(keyOf(place))) ?? carried);
    return found && (!found.everything || found.filters === filters) ? found : undefined;
  } catch {
    return undefined;
  }
}
