#include "app/program.h"

#include "app/terminal.h"

#include <cstdio>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <pwd.h>
#include <unistd.h>

namespace koppla {

Result<std::unique_ptr<Store>> Program::open_store() const {
    return Store::open(store_location, call());
}

void Program::run(const std::function<Result<Exit>()>& work) {
    const Result<Exit> done = work();
    if (done) {
        exit_ = *done;
        return;
    }
    exit_ = fail(done.error(), nlohmann::json::object());
}

Exit Program::fail(const Error& why, nlohmann::json document) const {
    const std::string symbol = why.symbol.empty() ? "" : fmt::format(" [{}]", why.symbol);
    tell(fmt::format("koppla: {}{}", why.message, symbol));
    if (wants_json) {
        document["error"] = {{"kind", name(why.kind)}, {"symbol", why.symbol}, {"message", why.message}};
        print(document);
    }
    return why.kind == ErrorKind::cancelled && stop_.stop_requested() ? Exit::interrupted : Exit::failed;
}

void Program::print(const nlohmann::json& document) {
    fmt::print("{}\n", document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

void Program::tell(std::string_view text) {
    fmt::print(stderr, "{}{}\n", can_show_progress() ? clear_line : "", text);
}

std::string user_name() {
    const passwd* entry = getpwuid(geteuid());
    return entry != nullptr ? entry->pw_name : fmt::format("uid {}", geteuid());
}

}  // namespace koppla
