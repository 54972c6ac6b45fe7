#!/bin/sh
# A headless Chromium for the test of the audit's page, into the folder $1, from the npm package $2.
#
# The package (MIT; Chromium is BSD-3-Clause) is made for servers without a browser: it holds the program, its
# software renderer and the few libraries that a bare system lacks, each compressed with Brotli. Only that is taken from it; none of its code runs.
set -eu
folder=$1
package=$2
if [ "$(uname -sm)" != "Linux x86_64" ] || ! command -v npm >/dev/null || ! command -v node >/dev/null; then
	echo "no Chromium: $package needs npm, and Linux on x86_64; the test of the page uses an installed one, or is skipped" >&2
	exit 0
fi
rm -rf "$folder"
mkdir -p "$folder"
(cd "$folder" && npm pack --silent "$package" >/dev/null && tar -xzf ./*.tgz package/bin package/LICENSE)
for name in chromium al2023.tar swiftshader.tar; do
	node -e 'process.stdin.pipe(require("zlib").createBrotliDecompress()).pipe(process.stdout)' \
		<"$folder/package/bin/$name.br" >"$folder/$name"
done
tar -xf "$folder/al2023.tar" -C "$folder"
tar -xf "$folder/swiftshader.tar" -C "$folder"
rm -r "$folder"/*.tgz "$folder/package/bin" "$folder"/*.tar
chmod +x "$folder/chromium"
touch "$folder/.unpacked"
