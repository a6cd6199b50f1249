package org.neuralranking.model.upload;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.opensearch.cli.Command;
import org.opensearch.cli.ExitCodes;
import org.opensearch.cli.Terminal;
import org.opensearch.cli.UserException;

import joptsimple.OptionSet;
import joptsimple.OptionSpec;

/**
 * {@code bin/neural-ranking/neural-ranking-upload}: registers a model whose bundle lies on this machine. The server's answer goes to standard
 * output, everything else to standard error; the exit status is 0, 1 if it did not work, or 64 if the command was misused.
 */
public final class UploadCommand extends Command {
    static final String PASSWORD_VARIABLE = "NEURAL_RANKING_PASSWORD";

    private static final int FAILED = 1;
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(30);
    private static final Set<String> SCHEMES = Set.of("http", "https");
    private static final List<String> WAITS = List.of("all", "any", "none");

    private final OptionSpec<String> url = parser.accepts("url", "where the cluster listens").withRequiredArg().defaultsTo("http://127.0.0.1:9200");
    private final OptionSpec<String> user = parser.accepts("user", "name, or name:password; the environment variable " + PASSWORD_VARIABLE + " is safer")
        .withRequiredArg();
    private final OptionSpec<String> waitFor = parser.accepts("wait-for", "which nodes must be ready first: all, any or none")
        .withRequiredArg()
        .defaultsTo("all");
    private final OptionSpec<String> arguments = parser.nonOptions("MODEL_ID PATH");

    private final Map<String, String> environment;
    private final Retries.Sleeper sleeper;
    private final boolean onTerminal;

    UploadCommand(Map<String, String> environment, Retries.Sleeper sleeper, boolean onTerminal) {
        super("Registers the model at PATH, a bundle's directory or a zip of one, under MODEL_ID", () -> {});
        this.environment = environment;
        this.sleeper = sleeper;
        this.onTerminal = onTerminal;
    }

    public static void main(String[] args) throws Exception {
        boolean onTerminal = Boolean.getBoolean("neural_ranking.upload.terminal");
        exit(new UploadCommand(System.getenv(), Thread::sleep, onTerminal).main(args, Terminal.DEFAULT));
    }

    @Override
    protected boolean addShutdownHook() {
        return false; // parts that are never committed expire on the server
    }

    @Override
    protected void execute(Terminal terminal, OptionSet options) throws UserException {
        List<String> given = arguments.values(options);
        if (given.size() != 2) {
            throw misused("got " + given + ", expected MODEL_ID PATH");
        }
        if (WAITS.contains(waitFor.value(options)) == false) {
            throw misused("got --wait-for [" + waitFor.value(options) + "], expected one of " + WAITS);
        }
        URI server = server(url.value(options));
        String authorization = authorization(user.value(options));
        String id = given.get(0);
        ProgressLine progress = new ProgressLine(text -> terminal.errorPrint(Terminal.Verbosity.NORMAL, text), onTerminal, System::nanoTime);
        try (
            HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(CONNECT_TIMEOUT).build()
        ) {
            ModelRequests requests = new ModelRequests(client, server, id, authorization);
            Upload upload = new Upload(id, requests, new Retries(sleeper, progress::end), progress);
            terminal.println(Terminal.Verbosity.SILENT, upload.send(BundleSource.of(Path.of(given.get(1))), waitFor.value(options)));
        } catch (FileSystemException e) {
            throw new UserException(FAILED, "could not read: " + e, e); // the message alone is no more than the path
        } catch (IllegalArgumentException | IOException e) {
            throw new UserException(FAILED, e.getMessage(), e);
        }
    }

    private static URI server(String url) throws UserException {
        try {
            URI server = new URI(url);
            if (SCHEMES.contains(server.getScheme()) && server.getHost() != null && server.getUserInfo() == null && server.getQuery() == null) {
                return server;
            }
        } catch (URISyntaxException e) {
            // said below
        }
        throw misused("got --url [" + url + "], expected http or https, a host and a port, for example http://127.0.0.1:9200");
    }

    private String authorization(String user) throws UserException {
        if (user == null) {
            return null;
        }
        String credentials = user;
        if (user.contains(":") == false) {
            String password = environment.get(PASSWORD_VARIABLE);
            if (password == null) {
                throw misused("got --user [" + user + "] without a password, expected it in " + PASSWORD_VARIABLE + " or as name:password");
            }
            credentials = user + ":" + password;
        }
        return "Basic " + Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8));
    }

    private static UserException misused(String message) {
        return new UserException(ExitCodes.USAGE, message);
    }
}
