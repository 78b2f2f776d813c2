@NullMarked
package dev.hourglass.app.config;

import org.jspecify.annotations.NullMarked;
