// What is being uploaded, kept in the browser (IndexedDB) with the file itself, so that a closed tab can go on later.
// A record: { key, owner, client, folder, path, name, size, modified, id, sums, mode, at, page } and in memory its file; id
// is the server's, once known; page is the open page that sends it.
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
    transaction.oncomplete = () => resolve(request?.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

// Without IndexedDB (a private window, a full disk) uploads still work; they only cannot be resumed after closing. A browser
// that opens its store and never says so (WebKit 226547) holds nothing up for longer than this.
const PATIENCE = 3000;
export const tried = (promise) => Promise.race([promise.catch(() => undefined), new Promise((resolve) => setTimeout(resolve, PATIENCE))]);

const plain = ({ file, ...record }) => record;

// Thousands are written a few at a time, so that the page can do other things in between; and in the order in which it was
// asked for, so that what is forgotten later stays forgotten.
const LOT = 25;
let last = Promise.resolve();

function write(items, act) {
  last = last.then(async () => {
    for (let start = 0; start < items.length; start += LOT) {
      const lot = items.slice(start, start + LOT);
      await tried(
        run("readwrite", (uploads, files) => {
          for (const item of lot) act(item, uploads, files);
        }),
      );
    }
  });
  return last;
}

export const remember = (record) => rememberAll([record]);

// With their contents where they are new: those are kept apart and written once, for they may be large, and a record changes
// with every part.
export const rememberAll = (records, { contents = false } = {}) =>
  write(records, (record, uploads, files) => {
    uploads.put(plain(record));
    if (contents) files.put(record.file, record.key);
  });

export const rememberFile = (key, file) => write([key], (_, uploads, files) => files.put(file, key));

export const forget = (key) => forgetAll([key]);

export const forgetAll = (keys) =>
  write(keys, (key, uploads, files) => {
    files.delete(key);
    uploads.delete(key);
  });

// What was asked to be written or forgotten before counts already.
export async function remembered(owner) {
  await last;
  const all = (await tried(run("readonly", (uploads) => uploads.getAll()))) ?? [];
  const oldest = Date.now() - DAYS * 86_400_000;
  const old = all.filter((record) => record.at < oldest).map((record) => record.key);
  if (old.length) await forgetAll(old);
  return all.filter((record) => record.owner === owner && record.at >= oldest);
}

export const rememberedFile = (key) => tried(run("readonly", (_, files) => files.get(key)));
