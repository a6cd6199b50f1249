package org.neuralranking.model.upload;

import java.io.IOException;

/** The server answered, and not with success. */
final class RefusedException extends IOException {
    private final int status;

    RefusedException(String request, ServerAnswer answer) {
        super(request + ": " + answer.status() + ", " + answer.reason());
        status = answer.status();
    }

    int status() {
        return status;
    }
}
