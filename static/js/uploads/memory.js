// What is being uploaded, kept in the browser (IndexedDB) with the file itself, so that a closed tab can go on later.
// A record: { key, owner, client, folder, path, name, size, modified, id, sums, mode, at } and in memory its file; id is the
// server's, once known.
const DAYS = 7;
let opened;

function database() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("atrium-uploads", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("uploads", { keyPath: "key" });
      request.result.createObjectStore("files");
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

async function run(mode, act) {
  const transaction = (await database()).transaction(["uploads", "files"], mode);
  const request = act(transaction.objectStore("uploads"), transaction.objectStore("files"));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

// Without IndexedDB (a private window, a full disk) uploads still work; they only cannot be resumed after closing.
const tried = (promise) => promise.catch(() => undefined);

export const remember = ({ file, ...record }) => tried(run("readwrite", (uploads) => uploads.put(record)));

// The content is kept apart and written once: it may be large, and the record changes with every part.
export const rememberFile = (key, file) => tried(run("readwrite", (_, files) => files.put(file, key)));

export const forget = (key) =>
  tried(
    run("readwrite", (uploads, files) => {
      files.delete(key);
      return uploads.delete(key);
    }),
  );

export async function remembered(owner) {
  const all = (await tried(run("readonly", (uploads) => uploads.getAll()))) ?? [];
  const oldest = Date.now() - DAYS * 86_400_000;
  for (const record of all.filter((record) => record.at < oldest)) await forget(record.key);
  return all.filter((record) => record.owner === owner && record.at >= oldest);
}

export const rememberedFile = (key) => tried(run("readonly", (_, files) => files.get(key)));
