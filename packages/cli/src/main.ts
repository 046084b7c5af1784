#!/usr/bin/env node
import { CanopyError } from "canopy-runtime";
console.log(CanopyError.name);
