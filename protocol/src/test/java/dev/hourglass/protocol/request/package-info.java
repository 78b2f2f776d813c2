@NullMarked
package dev.hourglass.protocol.request;

import org.jspecify.annotations.NullMarked;
