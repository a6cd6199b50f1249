package org.neuralranking.tokenize;

import java.io.File;
import java.io.IOException;
import java.lang.reflect.Method;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import org.opensearch.test.OpenSearchTestCase;

/** Loading the library, many threads, closing. */
public class TokenizerLifecycleTests extends OpenSearchTestCase {

    private static final int THREADS = 4;

    public void testManyThreadsGetTheSameTokens() throws Exception {
        try (Tokenizer tokenizer = Tokenizer.open(ToyTokenizers.minilm(), 10_000)) {
            List<String> texts = new ArrayList<>();
            List<int[]> expected = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                texts.add(randomUnicodeOfLength(50) + " the cat " + randomAlphaOfLength(30) + " 😀".repeat(i));
                expected.add(tokenizer.tokenize(texts.get(i), 1000).ids());
            }
            inThreads(() -> {
                for (int round = 0; round < 20; round++) {
                    for (int i = 0; i < texts.size(); i++) {
                        assertArrayEquals(expected.get(i), tokenizer.tokenize(texts.get(i), 1000).ids());
                    }
                }
                return null;
            }, () -> {});
        }
    }

    public void testCloseWaitsForCallsAndLaterCallsFail() throws Exception {
        for (int round = 0; round < 10; round++) {
            Tokenizer tokenizer = Tokenizer.open(ToyTokenizers.bert(), 10_000);
            CountDownLatch running = new CountDownLatch(THREADS);
            inThreads(() -> {
                String text = "the cat and the dog ".repeat(100);
                IllegalStateException closed = expectThrows(IllegalStateException.class, () -> {
                    while (true) {
                        assertEquals(500, tokenizer.tokenize(text, 1000).size());
                        running.countDown();
                    }
                });
                assertEquals("the tokenizer is closed", closed.getMessage());
                return null;
            }, () -> {
                running.await();
                tokenizer.close();
            });
            tokenizer.close();
            assertEquals("rows need no native tokenizer", 2, tokenizer.single(Tokens.NONE, 2).size());
        }
    }

    private interface Action {
        void run() throws Exception;
    }

    private static void inThreads(Callable<Void> work, Action meanwhile) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<Future<Void>> futures = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                futures.add(threads.submit(work));
            }
            meanwhile.run();
            for (Future<Void> future : futures) {
                future.get();
            }
        } finally {
            threads.shutdown();
            assertTrue(threads.awaitTermination(1, TimeUnit.MINUTES));
        }
    }

    /** Loads once more, in a class loader of its own as a plugin has, from a thread that knows nothing of it. */
    public void testLoadingLeavesTheThreadAndThePropertiesAsTheyWereAndTheNetworkAlone() throws Exception {
        List<URL> classPath = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            classPath.add(new File(entry).toURI().toURL());
        }
        Map<Object, Object> before = Map.copyOf(System.getProperties());
        ClassLoader callers = Thread.currentThread().getContextClassLoader();
        ProxySelector proxies = ProxySelector.getDefault();
        List<URI> connections = new CopyOnWriteArrayList<>();
        ClassLoader blind = ClassLoader.getPlatformClassLoader();
        try (URLClassLoader plugin = new URLClassLoader(classPath.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
            ProxySelector.setDefault(recording(connections));
            Thread.currentThread().setContextClassLoader(blind);
            Class<?> library = plugin.loadClass(TokenizerLibrary.class.getName());
            assertNotSame(TokenizerLibrary.class, library);
            Method load = library.getDeclaredMethod("load");
            load.setAccessible(true);
            load.invoke(null);
            load.invoke(null);
            assertSame(blind, Thread.currentThread().getContextClassLoader());
            assertEquals(before, Map.copyOf(System.getProperties()));
            assertEquals(List.of(), connections);
        } finally {
            Thread.currentThread().setContextClassLoader(callers);
            ProxySelector.setDefault(proxies);
        }
    }

    private static ProxySelector recording(List<URI> connections) {
        return new ProxySelector() {
            @Override
            public List<Proxy> select(URI uri) {
                connections.add(uri);
                return List.of(Proxy.NO_PROXY);
            }

            @Override
            public void connectFailed(URI uri, SocketAddress address, IOException failure) {}
        };
    }
}
