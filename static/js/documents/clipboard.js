// Cut and copied folders and files: remembered for this tab, and pasted into another folder of the same client.
const KEY = "atrium-clipboard";

export function noted(client) {
  try {
    const found = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
    return found?.client === client ? found : undefined;
  } catch {
    return undefined;
  }
}

export function note(what) {
  sessionStorage.setItem(KEY, JSON.stringify(what));
}

export function forget() {
  sessionStorage.removeItem(KEY);
}
