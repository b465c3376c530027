#include "sandbox/salesforce/cursors.h"

#include "sandbox/org/identifier.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace koppla::sandbox {
namespace {

constexpr std::size_t cursors_max = 200;

}  // namespace

Page Cursors::keep(std::shared_ptr<const Selection> selection, std::int64_t page_size) {
    return state_.with([&](State& state) {
        state.pages.push_back(Page{.selection = std::move(selection),
                                   .cursor_id = make_id("01g", state.next++),
                                   .from = 0,
                                   .size = page_size});
        if (state.pages.size() > cursors_max) state.pages.pop_front();
        return state.pages.back();
    });
}

std::optional<Page> Cursors::find(std::string_view locator) {
    const auto dash = locator.rfind('-');
    if (dash != 18 && dash != 15) return std::nullopt;
    const auto number = locator.substr(dash + 1);
    std::int64_t from = -1;
    const auto [end, failure] = std::from_chars(number.data(), number.data() + number.size(), from);
    if (failure != std::errc{} || end != number.data() + number.size() || from < 0) return std::nullopt;
    const auto id = normal_id(locator.substr(0, dash));
    return state_.with([&](State& state) -> std::optional<Page> {
        const auto page = std::ranges::find(state.pages, id,
                                            [](const Page& kept) { return std::optional{kept.cursor_id}; });
        if (page == state.pages.end() || from >= page->selection->record_count()) return std::nullopt;
        auto found = *page;
        found.from = from;
        return found;
    });
}

std::string Cursors::locator(const Page& page, std::int64_t from) {
    return page.cursor_id + "-" + std::to_string(from);
}

void Cursors::forget(std::string_view cursor_id) {
    const auto id = normal_id(cursor_id);
    state_.with([&](State& state) {
        std::erase_if(state.pages, [&](const Page& kept) { return id == kept.cursor_id; });
    });
}

void Cursors::expire() {
    state_.with([](State& state) { state.pages.clear(); });
}

}  // namespace koppla::sandbox
