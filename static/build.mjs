// Bundles the browser code into static/dist: content hashes in every name, and manifest.json, which Python reads.
// Usage: node static/build.mjs [--watch]
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { watch } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const dist = path.join(root, "static/dist");
const icons = path.join(root, "node_modules/@tabler/icons/icons/outline");

// Drawings whose names are put together at run time, or stand only in data.
const ALWAYS = ["home", "users", "settings", "folder", "folders", "files", "clock", "bell", "mail", "template", "plug", "forms"];

const hashed = (name, content) => {
  const { name: stem, ext } = path.parse(name);
  return `${stem}-${createHash("sha256").update(content).digest("hex").slice(0, 8)}${ext}`;
};

async function filesBelow(folder, endings) {
  const found = await readdir(path.join(root, folder), { recursive: true, withFileTypes: true }).catch(() => []);
  return found
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => path.join(entry.parentPath, entry.name));
}

// Every word in quotes, in templates and in Python, that is the name of a drawing: a few too many cost some kilobytes, once; a
// missing one would be a hole in a page. Names written directly into icon("...") must exist.
async function iconNames() {
  const drawings = new Set((await readdir(icons)).map((file) => file.slice(0, -4)));
  const wanted = new Set(ALWAYS);
  for (const source of [...(await filesBelow("templates", [".html"])), ...(await filesBelow("portal", [".py"]))]) {
    const text = await readFile(source, "utf8");
    for (const [, name] of text.matchAll(/["']([a-z][a-z0-9-]*)["']/g)) if (drawings.has(name)) wanted.add(name);
    for (const [, name] of text.matchAll(/\b(?:icon|icon_button|empty_state)\(\s*["']([^"'{]+)["']/g)) {
      if (!drawings.has(name)) throw new Error(`${path.relative(root, source)}: there is no icon "${name}"`);
    }
  }
  return [...wanted].filter((name) => drawings.has(name)).sort();
}

async function sprite(names) {
  const symbols = await Promise.all(
    names.map(async (name) => {
      const svg = await readFile(path.join(icons, `${name}.svg`), "utf8");
      const inner = svg.replace(/<!--[\s\S]*?-->/g, "").replace(/^[\s\S]*?<svg[^>]*>|<\/svg>\s*$/g, "");
      const body = inner.replace(/<path stroke="none"[^>]*\/>/g, "").replace(/\s*\n\s*/g, "");
      return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round">${body}</symbol>`;
    }),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`;
}

// Every file of js/behaviours is a Stimulus controller, named like the file: adding one is adding a file.
const behaviours = {
  name: "behaviours",
  setup(build) {
    build.onResolve({ filter: /^behaviours$/ }, () => ({ path: "behaviours", namespace: "behaviours" }));
    build.onLoad({ filter: /.*/, namespace: "behaviours" }, async () => {
      const folder = path.join(root, "static/js/behaviours");
      const names = (await readdir(folder)).filter((file) => file.endsWith(".js")).map((file) => file.slice(0, -3)).sort();
      const lines = names.map((name, n) => `import b${n} from "./${name}.js";`);
      const pairs = names.map((name, n) => `[${JSON.stringify(name)}, b${n}]`);
      return { contents: `${lines.join("\n")}\nexport default [${pairs.join(", ")}];`, resolveDir: folder };
    });
  },
};

async function build() {
  const started = performance.now();
  await mkdir(dist, { recursive: true });
  const how = {
    absWorkingDir: root,
    outdir: "static/dist",
    bundle: true,
    minify: true,
    splitting: true,
    format: "esm",
    target: ["chrome123", "firefox125", "safari17.5"],
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    loader: { ".woff2": "file", ".svg": "file" },
    legalComments: "linked",
    metafile: true,
    plugins: [behaviours],
    logLevel: "warning",
  };
  // The worker comes first: the page's code finds it, beside itself, by the name that it then has.
  const worker = await esbuild.build({ ...how, entryPoints: ["static/js/uploads/crc.js"] });
  const [crc] = Object.keys(worker.metafile.outputs).filter((output) => worker.metafile.outputs[output].entryPoint);
  const result = await esbuild.build({
    ...how,
    entryPoints: { app: "static/js/app.js", style: "static/css/app.css", document: "static/css/document.css" },
    define: { CRC_WORKER: JSON.stringify(`./${path.basename(crc)}`) },
  });
  const outputs = { ...worker.metafile.outputs, ...result.metafile.outputs };
  const files = {};
  for (const [output, { entryPoint, inputs }] of Object.entries(outputs)) {
    const name = path.basename(output);
    if (entryPoint) files[path.basename(entryPoint)] ??= name;
    const font = Object.keys(inputs).find((input) => input.endsWith(".woff2"));
    if (font) files[path.basename(font)] = name;
  }
  const names = await iconNames();
  const own = { "icons.svg": await sprite(names), "favicon.svg": await readFile(path.join(root, "static/img/favicon.svg")) };
  for (const [name, content] of Object.entries(own)) {
    files[name] = hashed(name, content);
    await writeFile(path.join(dist, files[name]), content);
  }
  // The manifest is put in place whole, and only then do the files of the last build go: a running site never misses one.
  await writeFile(path.join(dist, "manifest.new"), JSON.stringify({ files, icons: names }, null, 1));
  await rename(path.join(dist, "manifest.new"), path.join(dist, "manifest.json"));
  const kept = new Set(["manifest.json", ...Object.values(files), ...Object.keys(outputs).map((output) => path.basename(output))]);
  for (const name of await readdir(dist)) if (!kept.has(name)) await rm(path.join(dist, name), { force: true });
  const size = await Promise.all(["app.js", "app.css"].map(async (name) => `${name} ${Math.round((await readFile(path.join(dist, files[name]))).length / 1024)} kB`));
  console.log(`bundle: ${size.join(", ")}, ${names.length} icons, ${Math.round(performance.now() - started)} ms`);
}

await build();
if (process.argv.includes("--watch")) {
  let timer;
  const again = () => {
    clearTimeout(timer);
    timer = setTimeout(() => build().catch((error) => console.error(error.message)), 120);
  };
  for (const folder of ["static/css", "static/js", "templates"]) watch(path.join(root, folder), { recursive: true }, again);
}
