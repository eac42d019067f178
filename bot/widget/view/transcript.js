/** The conversation as a text file for the customer to keep. The callback phrase stays out of it. */

export function transcriptOf(messages, labels) {
  const lines = [labels.get("transcript_title"), ""];
  for (const message of [...messages.values()].sort((one, other) => one.id - other.id)) {
    const at = new Date(message.at).toLocaleString(labels.language, { dateStyle: "medium", timeStyle: "short" });
    const text = message.phrase ? message.text.replace(message.phrase, "••••") : message.text;
    lines.push(`[${at}] ${labels.get(`role_${message.role}`)}`, text, ...message.receipts, "");
  }
  return lines.join("\r\n");
}

export function download(text, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/plain;charset=utf-8" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
