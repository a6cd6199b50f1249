package org.neuralranking.model.bundle;

/** A bundle that cannot be used; the message says got, expected and where. Answered with status 400. */
public final class BundleException extends IllegalArgumentException {

    public BundleException(String message) {
        super(message);
    }

    public BundleException(String message, Exception cause) {
        super(message, cause);
    }
}
