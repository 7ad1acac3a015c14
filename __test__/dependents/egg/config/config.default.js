'use strict';
exports.keys = 'of a test';
