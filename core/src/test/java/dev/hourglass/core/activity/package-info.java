@NullMarked
package dev.hourglass.core.activity;

import org.jspecify.annotations.NullMarked;
