package dev.hourglass.core.session;

/** One message of a conversation, as plain text. */
public record ChatMessage(ChatRole role, String content) {}
