@NullMarked
package dev.hourglass.engine.remote;

import org.jspecify.annotations.NullMarked;
