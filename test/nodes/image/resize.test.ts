import { expect, test } from "@jest/globals";
import { resizeImage } from "../../../src/nodes/image/resize.js";
import { toHostArray } from "../../../src/runtime/testing/arrays.js";
import { runNode } from "../../../src/runtime/testing/run-node.js";
import { presentBackends } from "../../acceptance/backends.js";
import { fixtureFolder, loadFixture } from "../../support/fixture.js";
import { channelsLast, worst } from "../../support/golden.js";

const backends = await presentBackends();

test.each(backends)("bicubic without antialiasing equals the reference implementation on %s", async (backend) => {
  const { get } = await loadFixture(fixtureFolder("rae-encode") ?? "");
  const last = (key: string): ReturnType<typeof channelsLast> =>
    channelsLast({ shape: get(key).shape, data: [...get(key).data] });
  const { image } = await runNode(resizeImage, { image: last("image") }, { size: 56 }, { backend });
  expect(worst(toHostArray(image ?? 0, "f32").data, last("resized").data)).toBeLessThan(2e-5);
});

test("crop: center takes the largest square in the middle", async () => {
  const image = [
    [
      [[1], [2], [3], [4]],
      [[5], [6], [7], [8]],
    ],
  ]; // 2 high, 4 wide
  const given = { size: 2, method: "bilinear", crop: "center" };
  expect((await runNode(resizeImage, { image }, given))["image"]).toEqual([
    [
      [[2], [3]],
      [[6], [7]],
    ],
  ]);
});

test("images that are not square are refused with the cure", () => {
  const params = resizeImage.params.parse({ size: 2 });
  expect(() => resizeImage.dims?.(params, { H: 2, W: 4 })).toThrow("images of 2x4 are not square; set crop: center");
});
