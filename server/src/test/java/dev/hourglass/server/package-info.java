@NullMarked
package dev.hourglass.server;

import org.jspecify.annotations.NullMarked;
