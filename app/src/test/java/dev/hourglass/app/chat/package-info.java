@NullMarked
package dev.hourglass.app.chat;

import org.jspecify.annotations.NullMarked;
