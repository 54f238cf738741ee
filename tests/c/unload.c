/* Plugins that are loaded, called, and unloaded, again and again: unload PLUGIN...
 *
 * Each is linked with a libssl of its own, which goes with it. In every round each is loaded alone, then all are loaded
 * and unloaded in the order in which they came. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

enum { ROUNDS = 20, MOST = 8 };

static void *load(const char *path) {
    void *plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (plugin == NULL) printf("%s\n", dlerror());
    return plugin;
}

static void call(void *plugin) {
    int (*print_masks)(void);
    void *address = dlsym(plugin, "print_masks");
    memcpy(&print_masks, &address, sizeof address);
    print_masks();
}

int main(int argc, char **argv) {
    void *plugins[MOST];
    if (argc > MOST) return 2;
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 1; i < argc; i++) {
            void *plugin = load(argv[i]);
            call(plugin);
            dlclose(plugin);
        }
        for (int i = 1; i < argc; i++) call(plugins[i] = load(argv[i]));
        for (int i = 1; i < argc; i++) {
            if (i + 1 < argc) call(plugins[i + 1]);
            dlclose(plugins[i]);
        }
    }
    return 0;
}
