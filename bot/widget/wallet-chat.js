/** Registers `<wallet-chat>`. This is the one file that a page names; what else is needed lies beside it. */

import { WalletChat } from "./element.js";

customElements.define("wallet-chat", WalletChat);
