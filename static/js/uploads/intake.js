// Files before they are uploads: what can be known to be refused is refused here, before a byte is sent. The portal says
// the same again.
import { filled } from "./row.js";

export function refusal(file, words) {
  const ending = /\.([^.]+)[. ]*$/.exec(file.name)?.[1].toLowerCase();
  if (ending && words.programs.split(" ").includes(ending)) return filled(words.program, { ext: ending });
  if (file.size > words.limit) return filled(words.tooLarge, { name: file.name });
  return undefined;
}

// Browsers and phones call every picture alike.
export function named(file, words) {
  const nameless = /^image\.(png|jpe?g|webp|heic)$/i.exec(file.name);
  if (!nameless) return file;
  const moment = new Date(Date.now() - new Date().getTimezoneOffset() * 60_000).toISOString();
  const time = moment.slice(0, 19).replace("T", " ").replaceAll(":", "-");
  return new File([file], `${filled(words.picture, { time })}.${nameless[1].toLowerCase()}`, { type: file.type, lastModified: file.lastModified });
}

const sameness = ({ folder, name, size, modified, path }) => JSON.stringify([folder, name, size, modified, path]);

// The record of each file: that of an earlier try where the same file is chosen again, else a new one.
export function records(found, { owner, client, folder, page }, earlier) {
  const known = new Map(earlier.map((record) => [sameness(record), record]));
  return found.map(({ file, path }) => {
    const facts = { folder, path, name: file.name, size: file.size, modified: file.lastModified };
    const before = known.get(sameness(facts));
    known.delete(sameness(facts));
    const record = before ?? { key: crypto.randomUUID(), owner, client, ...facts, sums: {}, at: Date.now() };
    Object.assign(record, { file, page });
    return record;
  });
}
