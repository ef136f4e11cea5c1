// Bundles the browser's side into web/static/build: ES modules with hashed names, and
// manifest.json, which names for each entry its script, its style sheet and what to preload.
import { build } from "esbuild";
import { readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const ENTRIES = ["base", "diagram"];

const here = path.dirname(fileURLToPath(import.meta.url));
const out = path.join(here, "..", "static", "build");

const result = await build({
  absWorkingDir: path.join(here, "..", ".."),
  entryPoints: ENTRIES.map((name) => path.join(here, `${name}.js`)),
  outdir: out,
  bundle: true,
  splitting: true,
  format: "esm",
  target: ["es2022"],
  minify: true,
  metafile: true,
  legalComments: "linked",
  entryNames: "[name]-[hash]",
  chunkNames: "chunk-[hash]",
  assetNames: "asset-[name]-[hash]",
  loader: { ".svg": "dataurl", ".woff": "file", ".woff2": "file", ".ttf": "file", ".eot": "file" },
  logLevel: "warning",
});

const manifest = {};
for (const [file, output] of Object.entries(result.metafile.outputs)) {
  if (!output.entryPoint) continue;
  manifest[path.basename(output.entryPoint, ".js")] = {
    js: path.basename(file),
    css: output.cssBundle ? path.basename(output.cssBundle) : null,
    preload: output.imports
      .filter((one) => one.kind === "import-statement")
      .map((one) => path.basename(one.path)),
  };
}

const kept = new Set(["manifest.json"]);
for (const file of Object.keys(result.metafile.outputs)) {
  const name = path.basename(file);
  kept.add(name);
  if (!/\.(js|css)$/.test(name)) continue;
  writeFileSync(path.join(out, `${name}.gz`), gzipSync(readFileSync(path.join(out, name)), { level: 9 }));
  kept.add(`${name}.gz`);
}

// A page may be served while we build: new files first, the manifest at once, old files last.
const staged = path.join(out, ".manifest.json");
writeFileSync(staged, `${JSON.stringify(manifest, null, 1)}\n`);
renameSync(staged, path.join(out, "manifest.json"));
for (const name of readdirSync(out)) {
  if (!kept.has(name)) rmSync(path.join(out, name));
}
