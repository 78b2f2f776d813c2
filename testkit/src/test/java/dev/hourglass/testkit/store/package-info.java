@NullMarked
package dev.hourglass.testkit.store;

import org.jspecify.annotations.NullMarked;
