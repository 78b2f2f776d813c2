/** What clients send: strict parsing of request bodies into validated records. */
@NullMarked
package dev.hourglass.protocol.request;

import org.jspecify.annotations.NullMarked;
