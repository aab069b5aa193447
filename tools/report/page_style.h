// The look of a report's page.
#pragma once

#include <string>

namespace lathe::report {

/// The rules of a <style>, those of the pictures included. Light or dark as the reader's screen is, in
/// the tones of plots.
std::string page_style();

}  // namespace lathe::report
