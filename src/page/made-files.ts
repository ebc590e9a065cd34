/** What a run writes: pictures are shown, everything can be saved. */
export interface MadeFiles {
  add(path: string, bytes: Uint8Array): void;
  clear(): void;
}

/** Pictures that stay on the page; older ones go. */
const most = 24;

/** A list inside `parent`, the newest first. */
export function makeMadeFiles(parent: HTMLElement): MadeFiles {
  const addresses = new Map<Element, string>();
  const drop = (figure: Element): void => {
    URL.revokeObjectURL(addresses.get(figure) ?? "");
    addresses.delete(figure);
    figure.remove();
  };
  return {
    add(path, bytes) {
      const picture = path.endsWith(".png");
      const type = picture ? "image/png" : "application/octet-stream";
      const address = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type }));
      const figure = document.createElement("figure");
      if (picture) {
        const image = document.createElement("img");
        image.src = address;
        image.alt = path;
        figure.append(image);
      }
      const caption = document.createElement("figcaption");
      const link = document.createElement("a");
      link.href = address;
      link.download = path.split("/").at(-1) ?? path;
      link.textContent = path;
      caption.append(link, ` ${sizeText(bytes.byteLength)}`);
      figure.append(caption);
      addresses.set(figure, address);
      parent.prepend(figure);
      while (parent.children.length > most) drop(parent.children[parent.children.length - 1] as Element);
    },
    clear() {
      for (const figure of [...parent.children]) drop(figure);
    },
  };
}

function sizeText(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
