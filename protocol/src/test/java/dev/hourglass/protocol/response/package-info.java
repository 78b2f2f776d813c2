@NullMarked
package dev.hourglass.protocol.response;

import org.jspecify.annotations.NullMarked;
