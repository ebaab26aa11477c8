// Bundles src/ into the folder given as argument: the pages, their scripts and styles, nothing fetched at run time.
import { build } from "esbuild";
import { cp, mkdir } from "node:fs/promises";

const out = process.argv[2];
if (!out) throw new Error("usage: node build.mjs OUTPUT_FOLDER");

const pages = ["login", "docs", "originals", "desk", "withdraw", "point"];

await mkdir(out, { recursive: true });
await build({
  entryPoints: [...pages.map((name) => `src/${name}.ts`), "src/main.ts", "src/style.css", "src/point.css"],
  outdir: `${out}/assets`,
  bundle: true,
  alias: { "hls.js": "hls.js/light" }, // without captions, alternate audio and DRM, which recordings never have
  splitting: true,
  format: "esm",
  target: ["chrome108", "firefox115", "safari16"],
  minify: true,
  legalComments: "linked",
  logLevel: "warning",
});
for (const page of ["index", ...pages]) await cp(`src/${page}.html`, `${out}/${page}.html`);
await cp("src/icon.svg", `${out}/assets/icon.svg`);
