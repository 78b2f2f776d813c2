@NullMarked
package dev.hourglass.verify.destruction;

import org.jspecify.annotations.NullMarked;
