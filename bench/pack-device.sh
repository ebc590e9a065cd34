# What bench/pack-*-device.sh share: sourced, with `name` set to the folder in the archive. Starts `$pack` with Node, the build and the
# libraries of production but those for images, Python packages and other systems.
cd "$(dirname "${BASH_SOURCE[0]}")/.."
out=$(realpath -m "${1:-$name.tar.xz}")
[ -f dist/index.js ] || { echo "dist is missing; run npm run build" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
pack=$work/$name
mkdir -p "$pack/bin" "$pack/peers" "$pack/dist"
cp package.json "$pack/"
cp -r bench "$pack/"
copy_js() { tar -C "$1" --exclude='*.map' --exclude='*.d.ts' --exclude='page' --exclude='bundle' -cf - . | tar -C "$2" -xf -; }
copy_js dist "$pack/dist"
cp "$(node -p process.execPath)" "$pack/bin/node"
npm ls --omit=dev --all --parseable 2>/dev/null | sed -n 's|^.*/node_modules/|node_modules/|p' | sort -u |
  grep -Ev "/(sharp|@img/|@resvg/|koffi|@koromix/|webgpu\$|bare-${without:+|$without})" | while read -r module; do
  mkdir -p "$pack/$module" && copy_js "$module" "$pack/$module"
done

# bundle_suite TEST TARGET: a test file with Node's test runner in the place of Jest.
bundle_suite() {
  npx esbuild "$1" --bundle --format=esm --platform=node --log-level=warning \
    --alias:@jest/globals=./bench/jest-on-node.mjs --packages=external --outfile="$pack/$2"
}

# What the library "expect" asks for, and what that asks for.
pack_expect() {
  node -e '
    const { cpSync, readFileSync } = require("fs");
    const [pack] = process.argv.slice(1);
    const seen = new Set();
    const take = (name) => {
      if (seen.has(name)) return;
      seen.add(name);
      cpSync(`node_modules/${name}`, `${pack}/node_modules/${name}`, { recursive: true });
      const { dependencies = {} } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8"));
      Object.keys(dependencies).filter((next) => !next.startsWith("@types/")).forEach(take);
    };
    take("expect");
  ' "$pack"
}

finish_pack() {
  tar -C "$work" -c "$name" | xz -2 -T0 >"$out"
  echo "$out: $(du -h "$out" | cut -f1)"
}
