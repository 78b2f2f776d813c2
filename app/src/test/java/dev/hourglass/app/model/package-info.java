@NullMarked
package dev.hourglass.app.model;

import org.jspecify.annotations.NullMarked;
