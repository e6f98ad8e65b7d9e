/** Names of networks: what keeps two of them apart. */

/** The name of the network of those who name none. */
export const defaultNetwork = "hearsay";

/** The most bytes of a network's name, in UTF-8. */
export const maxNetworkBytes = 255;
