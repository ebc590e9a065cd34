import { bytesField, concat, doubleField, floatField, intField } from "./protobuf.js";

/** When something was written: seconds since 1970 and the training step. */
export interface EventTime {
  readonly seconds: number;
  readonly step: number;
}

/** The first message of an event file. */
export function versionEvent(at: EventTime): Uint8Array {
  return event(at, bytesField(3, "brain.Event:2"));
}

/** Says that a run goes on before this step: readers drop what older files hold from it on. */
export function restartEvent(at: EventTime): Uint8Array {
  return event(at, bytesField(7, intField(1, 1)));
}

/** A number under a tag. */
export function scalarEvent(at: EventTime, tag: string, value: number): Uint8Array {
  return summary(at, tag, floatField(2, value));
}

/** A PNG picture under a tag. Throws an Error where the bytes are no PNG. */
export function imageEvent(at: EventTime, tag: string, png: Uint8Array): Uint8Array {
  const { width, height, channels } = pngSize(png);
  return summary(
    at,
    tag,
    bytesField(4, concat([intField(1, height), intField(2, width), intField(3, channels), bytesField(4, png)])),
  );
}

function event({ seconds, step }: EventTime, content: Uint8Array): Uint8Array {
  return concat([doubleField(1, seconds), intField(2, step), content]);
}

function summary(at: EventTime, tag: string, content: Uint8Array): Uint8Array {
  return event(at, bytesField(5, bytesField(1, concat([bytesField(1, tag), content]))));
}

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Channels by PNG colour type: grey, RGB, palette (shown as RGB), grey with alpha, RGBA. */
const channelsOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 3, 4: 2, 6: 4 };

function pngSize(png: Uint8Array): { width: number; height: number; channels: number } {
  if (png.length < 26 || signature.some((byte, i) => png[i] !== byte)) throw new Error("the picture is no PNG file");
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  return { width: view.getUint32(16), height: view.getUint32(20), channels: channelsOf[png[25] ?? 0] ?? 3 };
}
