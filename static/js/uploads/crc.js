// A worker: counts the CRC-32 of what it is given, { ident, bytes } -> { ident, bytes, crc }.
import { buf } from "crc-32";

addEventListener("message", ({ data: { ident, bytes } }) => {
  postMessage({ ident, bytes, crc: buf(new Uint8Array(bytes)) >>> 0 }, [bytes]);
});
