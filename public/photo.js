// Makes a photo small enough to wait on a phone and leave by a weak network: a JPEG, upright, without
// what the camera wrote about place and time (drawing it anew leaves all of that behind).

const SIDES = [1280, 1024, 800, 640, 480];
const QUALITIES = [0.8, 0.65, 0.5];

/** The text (base64) of a JPEG of `bytesMax` bytes at most; nothing for what is no picture. */
export async function shrink(file, bytesMax) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null);
  if (!picture) return null;
  const canvas = document.createElement("canvas");
  try {
    for (const side of SIDES) {
      const scale = Math.min(1, side / Math.max(picture.width, picture.height));
      canvas.width = Math.max(1, Math.round(picture.width * scale));
      canvas.height = Math.max(1, Math.round(picture.height * scale));
      const pen = canvas.getContext("2d");
      // What was transparent would become black.
      pen.fillStyle = "#fff";
      pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
      for (const quality of QUALITIES) {
        const address = canvas.toDataURL("image/jpeg", quality);
        const text = address.slice(address.indexOf(",") + 1);
        if (address.startsWith("data:image/jpeg") && text.length <= Math.floor(bytesMax / 3) * 4) return text;
      }
    }
    return null;
  } finally {
    picture.close();
  }
}
