import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { encode } from "fast-png";
import { chromium } from "playwright-core";
import type { Browser, Page } from "playwright-core";
import { readSafetensors } from "../../src/nodes/files/safetensors.js";
import { servePage } from "../../src/runtime/serve/page-server.js";
import type { PageServer } from "../../src/runtime/serve/page-server.js";
import { readPageGraph } from "../../src/runtime/serve/read-page-graph.js";
import { changed, tinyFolder } from "../acceptance/tiny.js";

const executablePath = "/usr/bin/chromium";
/** WebGPU on the processor. */
const args = [
  "--no-sandbox",
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--ignore-gpu-blocklist",
  "--disable-vulkan-surface",
  "--enable-features=Vulkan",
];

describe("the page", () => {
  if (!existsSync(executablePath)) {
    test.skip(`skipped: there is no ${executablePath}`, () => undefined);
    return;
  }
  let built = "";
  let folder = "";
  let server: PageServer;
  let browser: Browser;
  let page: Page;
  const faults: string[] = [];

  beforeAll(async () => {
    built = await mkdtemp(join(tmpdir(), "page-"));
    await promisify(execFile)(process.execPath, ["scripts/bundle-page.mjs", built]);
    // Larger steps and batches, so that twenty steps show a falling loss.
    folder = await tinyFolder(changed(["vars: { lr: 1.0e-3 }", "vars: { lr: 2.0e-2 }"], ["batch: 4", "batch: 16"]));
    server = await servePage(built, () => readPageGraph(join(folder, "tiny.yaml")), 0);
    browser = await chromium.launch({ executablePath, args });
    page = await browser.newPage({ viewport: { width: 1500, height: 900 } });
    page.on("pageerror", ({ message }) => faults.push(message));
    await page.goto(server.address);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    for (const path of [built, folder]) await rm(path, { recursive: true, force: true });
  });

  const state = (): Promise<string> => page.locator("#state").innerText();
  /** Waits until the state line matches. */
  const stateIs = (pattern: RegExp, timeout = 60_000): Promise<void> =>
    page.locator("#state", { hasText: pattern }).waitFor({ timeout });

  test("draws the graph with the types on its edges", async () => {
    await stateIs(/^11 nodes, 15 edges, phases train, sample$/);
    expect(await page.locator("g[data-node]").count()).toBe(11);
    expect(await page.locator("#graph").innerHTML()).toContain("f32[16,2,2,8]");
  }, 60_000);

  test("offers WebGPU where the browser has it, and else says why not", async () => {
    const id = await page.locator("#backend").inputValue();
    if (id === "webgpu") expect(await page.locator("#notice").isVisible()).toBe(false);
    else expect(await page.locator("#notice").innerText()).toMatch(/^No WebGPU: .+ runs on the backend wasm instead/);
    expect(await page.locator("#backend option").allInnerTexts()).toEqual(expect.arrayContaining(["wasm", "reference"]));
  });

  /** Seconds from each start to its first training step. */
  const waits: number[] = [];
  const firstStep = async (): Promise<void> => {
    const started = performance.now();
    await page.locator("#start").click();
    await stateIs(/^train [1-9]\d*\/20/);
    waits.push((performance.now() - started) / 1000);
  };

  test("trains: it pauses, goes on, shows samples, and the loss falls", async () => {
    await firstStep();
    await page.locator("#pause").click();
    await stateIs(/^paused$/);
    // The step in work ends; after it the log of losses must stand still.
    const losses = (): Promise<number> => page.evaluate("document.querySelector('#progress').value");
    await page.waitForFunction("window.seen === (window.seen = document.querySelector('#progress').value)", undefined, {
      polling: 1000,
    });
    const before = await losses();
    await page.waitForFunction("performance.now() > (window.until ??= performance.now() + 700)");
    expect(await losses()).toBe(before);
    await page.locator("#pause").click();
    await stateIs(/^finished after 20 training steps$/, 120_000);
    expect(await page.locator("#samples img").count()).toBe(2);
    expect(await page.locator("#graph .busy").first().textContent()).toMatch(/^[\d.]+ ms$/);
    const curve: number[] = JSON.parse((await page.locator("#plot").getAttribute("data-losses")) ?? "[]");
    const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length;
    expect(curve).toHaveLength(20);
    expect(mean(curve.slice(-5))).toBeLessThan(0.9 * mean(curve.slice(0, 5)));
    if (process.env["RAEGRAPH_SCREENSHOTS"])
      await page.screenshot({ path: join(process.env["RAEGRAPH_SCREENSHOTS"], "page.png") });
  }, 240_000);

  test("a finished run's weights are saved under their published names", async () => {
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.locator("#samples a", { hasText: "checkpoints/step-20/model.safetensors" }).click(),
    ]);
    expect(download.suggestedFilename()).toBe("model.safetensors");
    const arrays = await readSafetensors(await download.path());
    expect(arrays.get("blocks.0.attn.qkv.weight")?.shape).toEqual([24, 8]);
    expect([...arrays.values()].every(({ data }) => data.every((x) => Number.isFinite(x)))).toBe(true);
    expect(await page.locator("#samples a", { hasText: "ema.safetensors" }).count()).toBe(1);
  }, 30_000);

  test("stops on request", async () => {
    await firstStep();
    await page.locator("#stop").click();
    await stateIs(/^stopped after \d+ training steps$/);
    expect(await page.locator("#start").isEnabled()).toBe(true);
  }, 120_000);

  test("a mistake shows at its line while it is typed, and goes when it is mended", async () => {
    await page.locator(".cm-line", { hasText: "model.dit_dh" }).click();
    await page.keyboard.press("End");
    await page.keyboard.type("x");
    await page.locator("#mistakes li").first().waitFor();
    const line = 1 + (await page.locator(".cm-line").allInnerTexts()).findIndex((text) => text.includes("model.dit_dhx"));
    expect(await page.locator("#mistakes li").first().innerText()).toContain(`tiny.yaml:${line}: [`);
    expect(await page.locator("#mistakes li").first().innerText()).toContain("model.dit_dh");
    expect(await page.locator(".cm-lintRange-error").first().innerText()).toContain("model.dit_dhx");
    expect(await page.locator("#start").isEnabled()).toBe(false);
    if (process.env["RAEGRAPH_SCREENSHOTS"])
      await page.screenshot({ path: join(process.env["RAEGRAPH_SCREENSHOTS"], "mistake.png") });
    await page.keyboard.press("Backspace");
    await stateIs(/^11 nodes/);
    expect(await page.locator("#mistakes li").count()).toBe(0);
  }, 60_000);

  /** A second tab of the page, ready to start. */
  const otherTab = async (): Promise<Page> => {
    const tab = await browser.newPage({ viewport: { width: 1500, height: 900 } });
    tab.on("pageerror", ({ message }) => faults.push(message));
    await tab.goto(server.address);
    await tab.locator("#start:enabled").waitFor();
    return tab;
  };
  const ended = (tab: Page, pattern: RegExp): Promise<void> =>
    tab.locator("#state", { hasText: pattern }).waitFor({ timeout: 120_000 });

  test("two tabs run at once and come to the same losses", async () => {
    const tab = await otherTab();
    await page.locator("#start").click();
    await tab.locator("#start").click();
    const curves: string[] = [];
    for (const each of [page, tab]) {
      await ended(each, /^finished after 20 training steps$/);
      await each.waitForFunction("JSON.parse(document.querySelector('#plot').dataset.losses ?? '[]').length === 20");
      curves.push((await each.locator("#plot").getAttribute("data-losses")) ?? "");
    }
    expect(curves[0]).toBe(curves[1]);
    await tab.close();
  }, 240_000);

  test("a tab that is closed in mid-run leaves the server and other tabs at work", async () => {
    const tab = await otherTab();
    await tab.locator("#start").click();
    await ended(tab, /^train [1-9]\d*\/20/);
    await tab.close();
    expect((await fetch(server.address)).status).toBe(200);
    await page.locator("#start").click();
    await stateIs(/^train [1-9]\d*\/20/, 120_000);
    await page.locator("#stop").click();
    await stateIs(/^stopped after \d+ training steps$/);
  }, 240_000);

  test("a device that is lost in mid-run: the page says so, and starts again on a new one", async () => {
    if ((await page.locator("#backend").inputValue()) !== "webgpu") return;
    await page.workers()[0]?.evaluate(`
      const request = GPUAdapter.prototype.requestDevice;
      GPUAdapter.prototype.requestDevice = async function (...given) {
        return (self.device = await request.apply(this, given));
      };
    `);
    await page.locator("#start").click();
    await stateIs(/^train [1-9]\d*\/20/, 120_000);
    await page.workers()[0]?.evaluate("self.device.destroy()");
    await stateIs(/webgpu: the device was lost/);
    expect(await page.locator("#log").innerText()).toContain("start again from the last checkpoint");
    await page.locator("#start").click();
    await stateIs(/^finished after 20 training steps$/, 120_000);
  }, 240_000);

  test("the first training step comes soon after the start", () => {
    expect(waits).toHaveLength(2);
    // Three seconds on two free cores; other tests may use them too. Each start compiles its shaders anew.
    expect(Math.min(...waits)).toBeLessThan(30);
  });

  test("without WebGPU the page says so, and runs on wasm", async () => {
    const plain = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-features=WebGPU"] });
    try {
      const tab = await plain.newPage();
      await tab.goto(server.address);
      await tab.locator("#start:enabled").waitFor();
      expect(await tab.locator("#notice").innerText()).toMatch(/^No WebGPU: this browser .+ runs on the backend wasm instead/);
      expect(await tab.locator("#backend").inputValue()).toBe("wasm");
      expect(await tab.locator("#backend option", { hasText: "webgpu (not here)" }).isDisabled()).toBe(true);
      await tab.locator("#start").click();
      await ended(tab, /^finished after 20 training steps$/);
      if (process.env["RAEGRAPH_SCREENSHOTS"])
        await tab.screenshot({ path: join(process.env["RAEGRAPH_SCREENSHOTS"], "wasm.png") });
    } finally {
      await plain.close();
    }
  }, 240_000);

  test("image files, which a page does not decode, are refused at their node with the cure", async () => {
    const own = await tinyFolder(
      changed([
        "images: { type: data.idx, params: { images: images.idx, labels: labels.idx, batch: 4, shuffle: true } }",
        "images: { type: data.image_folder, params: { folder: pictures, size: 8, channels: 1, batch: 4 } }",
      ]),
    );
    await mkdir(join(own, "pictures"));
    const picture = encode({ width: 8, height: 8, channels: 1, depth: 8, data: new Uint8Array(64) });
    for (const name of ["a", "b", "c", "d"]) await writeFile(join(own, "pictures", `${name}.png`), picture);
    const other = await servePage(built, () => readPageGraph(join(own, "tiny.yaml")), 0);
    const tab = await browser.newPage();
    try {
      await tab.goto(other.address);
      await tab.locator("#start:enabled").waitFor();
      await tab.locator("#start").click();
      await ended(tab, /decoding of JPEG, PNG and WebP files is not to be had in a page; put the images into an IDX file/);
      expect(await tab.locator("#state").innerText()).toContain("images");
    } finally {
      await tab.close();
      await other.close();
      await rm(own, { recursive: true, force: true });
    }
  }, 120_000);

  test("a Fréchet distance of many features is found in a thread of the page's own", async () => {
    const own = await tinyFolder(`name: tiny
nodes:
  images: { type: data.idx, params: { images: images.idx, batch: 16 } }
  encoder:
    type: encoder.vit_mae
    params:
      image_size: 8
      patch_size: 4
      num_channels: 1
      hidden_size: 256
      num_hidden_layers: 1
      num_attention_heads: 2
      intermediate_size: 16
      image_mean: [0.5]
      image_std: [0.5]
    in: { image: images.image }
  pool: { type: latent.pool, in: { z: encoder.tokens } }
  same: { type: metric.fid, params: { extractor: vit_mae }, in: { real: pool.features, fake: pool.features } }
phases:
  score: { run: [same], steps: 4 }
`);
    const other = await servePage(built, () => readPageGraph(join(own, "tiny.yaml")), 0);
    const tab = await browser.newPage();
    try {
      await tab.goto(other.address);
      await tab.locator("#start:enabled").waitFor();
      const threads: string[] = [];
      tab.on("worker", (worker) => threads.push(worker.url()));
      await tab.locator("#start").click();
      await ended(tab, /^finished/);
      const [, distance] = /frechet_vit_mae (\S+)/.exec(await tab.locator("#log").innerText()) ?? [];
      expect(Number(distance)).toBeLessThan(1e-9);
      expect(threads.filter((url) => url.endsWith("/job-thread.js"))).toHaveLength(3);
    } finally {
      await tab.close();
      await other.close();
      await rm(own, { recursive: true, force: true });
    }
  }, 120_000);

  test("everything that can be downloaded, but the data, is below 2.5 MB compressed", async () => {
    const files = await readdir(built);
    expect(files).toEqual(expect.arrayContaining(["index.html", "main.js", "worker.js", "tfjs-backend-wasm-simd.wasm"]));
    const sizes = await Promise.all(files.map(async (name) => gzipSync(await readFile(join(built, name))).byteLength));
    expect(sizes.reduce((a, b) => a + b, 0)).toBeLessThan(2_500_000);
  });

  test("nothing failed on the way", async () => {
    expect(faults).toEqual([]);
    expect(await state()).toMatch(/^finished after 20/);
  });
});
