// What is being uploaded, kept in the browser (IndexedDB) with the file itself, so that a closed tab can go on later.
// A record: { key, owner, client, folder, name, size, modified, id, sums, mode, file, at }; id is the server's, once known.
const DAYS = 7;
let opened;

function database() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("atrium-uploads", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("uploads", { keyPath: "key" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

async function run(mode, act) {
  const transaction = (await database()).transaction("uploads", mode);
  const request = act(transaction.objectStore("uploads"));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

// Without IndexedDB (a private window, a full disk) uploads still work; they only cannot be resumed after closing.
export async function remember(record) {
  try {
    await run("readwrite", (store) => store.put(record));
  } catch {
    if (record.file) await remember({ ...record, file: undefined });
  }
}

export async function forget(key) {
  try {
    await run("readwrite", (store) => store.delete(key));
  } catch {
    // Nothing was kept, so nothing is left.
  }
}

export async function remembered(owner) {
  let all = [];
  try {
    all = await run("readonly", (store) => store.getAll());
  } catch {
    return [];
  }
  const oldest = Date.now() - DAYS * 86_400_000;
  for (const record of all.filter((record) => record.at < oldest)) await forget(record.key);
  return all.filter((record) => record.owner === owner && record.at >= oldest);
}
