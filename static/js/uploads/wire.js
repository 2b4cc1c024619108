// Requests of an upload: JSON to the portal, bytes to the store. A failure says whether trying again can help.
import { csrfToken } from "../requests.js";

export class Failure extends Error {
  constructor(sentence, { status = 0, again = false, problem = {} } = {}) {
    super(sentence);
    Object.assign(this, { status, again, problem });
  }
}

export async function ask(method, address, body, signal) {
  let answer;
  try {
    answer = await fetch(address, {
      method,
      signal,
      headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Failure("", { again: true });
  }
  const said = await answer.json().catch(() => undefined);
  if (answer.ok && answer.redirected === false) {
    if (signal?.aborted) throw signal.reason;
    // The line broke within the answer: what was asked may be done by now, and asking again tells.
    if (said === undefined) throw new Failure("", { again: true });
    return said;
  }
  const again = answer.status >= 500 || answer.status === 429;
  throw new Failure(said?.detail ?? "", { status: answer.status, again, problem: said });
}

// fetch cannot say how much was sent; XMLHttpRequest can.
export function send({ url, headers }, bytes, { signal, progress }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => progress(event.loaded);
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) return resolve();
      // 403: the address ran out while it waited; 400: bytes were damaged on the way. A new address helps in both cases.
      reject(new Failure("", { status: request.status, again: true }));
    };
    request.onerror = request.ontimeout = () => reject(new Failure("", { again: true }));
    request.onabort = () => reject(new DOMException("aborted", "AbortError"));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(bytes);
  });
}

// A content is read once: { bytes, sum }, so that what is counted is what is sent.
export async function read(blob) {
  const bytes = await blob.arrayBuffer();
  return { bytes, sum: inBase64(await crypto.subtle.digest("SHA-256", bytes)) };
}

export async function readPart(blob) {
  const { bytes, crc } = await counted(await blob.arrayBuffer());
  const four = new DataView(new ArrayBuffer(4));
  four.setUint32(0, crc);
  return { bytes, sum: inBase64(four.buffer) };
}

const inBase64 = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));

// The sums of parts are counted by a worker (crc.js): the page goes on meanwhile. One does for all; where it cannot be
// brought, the next part asks for another.
let worker;
const waiting = new Map();

function counter() {
  if (worker) return worker;
  worker = new Worker(new URL(CRC_WORKER, import.meta.url), { type: "module" });
  worker.onmessage = ({ data }) => {
    waiting.get(data.ident).resolve(data);
    waiting.delete(data.ident);
  };
  worker.onerror = () => {
    worker.terminate();
    worker = undefined;
    for (const { reject } of waiting.values()) reject(new Failure("", { again: true }));
    waiting.clear();
  };
  return worker;
}

let asked = 0;

// The bytes go to the worker and come back: they are handed over, not copied.
function counted(bytes) {
  return new Promise((resolve, reject) => {
    const ident = (asked += 1);
    waiting.set(ident, { resolve, reject });
    counter().postMessage({ ident, bytes }, [bytes]);
  });
}
